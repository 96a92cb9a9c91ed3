#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace twin {

// MinHash: what two sets have in common, told from 128 numbers of each.
// Source: Broder, "On the resemblance and containment of documents" (1997).
inline constexpr size_t kMinHashes = 128;
using MinHashSignature = std::array<uint64_t, kMinHashes>;

// Of a set of hashes that are spread over 64 bits; their order and repetitions do not matter. Of an
// empty set all are the greatest number.
MinHashSignature min_hash(std::span<const uint64_t> hashes);

// The share of equal places: an estimate of |A and B| / |A or B| with a standard error of at most
// 0.045.
double resemblance(const MinHashSignature& a, const MinHashSignature& b);

// Pairs (i, j), i < j, each once and in order, of signatures that are equal in one of 64 bands of
// two: 98% of the pairs of resemblance 0.25 and all but one in 10^8 of those of 0.5. An estimate
// decides among them.
std::vector<std::pair<size_t, size_t>> like_pairs(std::span<const MinHashSignature> signatures);

}  // namespace twin
