#include "text/minhash.h"

#include <algorithm>
#include <unordered_map>

namespace twin {
namespace {

constexpr size_t kRows = 2;  // hashes of a band
// A band that more texts share than this is one of a template, or empty: its pairs would be too
// many, and are found by other bands.
constexpr size_t kMostOfABand = 200;

// SplitMix64 (Steele, Lea, Flood 2014): the permutations' factors and addends.
constexpr uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

struct Permutations {
  std::array<uint64_t, kMinHashes> factor{}, addend{};
  constexpr Permutations() {
    for (size_t i = 0; i < kMinHashes; ++i) {
      factor[i] = mixed(2 * i) | 1;  // odd: one to one modulo 2^64
      addend[i] = mixed(2 * i + 1);
    }
  }
};
constexpr Permutations kPermutations;

}  // namespace

MinHashSignature min_hash(std::span<const uint64_t> hashes) {
  MinHashSignature signature;
  signature.fill(UINT64_MAX);
  for (const uint64_t hash : hashes) {
    const uint64_t x = mixed(hash);
    for (size_t i = 0; i < kMinHashes; ++i) {
      signature[i] = std::min(signature[i], x * kPermutations.factor[i] + kPermutations.addend[i]);
    }
  }
  return signature;
}

double resemblance(const MinHashSignature& a, const MinHashSignature& b) {
  size_t equal = 0;
  for (size_t i = 0; i < kMinHashes; ++i) equal += a[i] == b[i];
  return static_cast<double>(equal) / kMinHashes;
}

std::vector<std::pair<size_t, size_t>> like_pairs(std::span<const MinHashSignature> signatures) {
  std::vector<std::pair<size_t, size_t>> pairs;
  for (size_t band = 0; band < kMinHashes; band += kRows) {
    std::unordered_map<uint64_t, std::vector<size_t>> buckets;
    for (size_t i = 0; i < signatures.size(); ++i) {
      buckets[mixed(signatures[i][band]) ^ signatures[i][band + 1]].push_back(i);
    }
    for (const auto& [key, members] : buckets) {
      if (members.size() > kMostOfABand) continue;
      for (size_t i = 0; i < members.size(); ++i) {
        for (size_t j = i + 1; j < members.size(); ++j) pairs.push_back({members[i], members[j]});
      }
    }
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

}  // namespace twin
