#include "training/kept_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/files.h"

namespace twin {
namespace {

// By number; empty where the item is still to be made.
using Items = std::vector<std::optional<OrderedJson>>;

// Those of an earlier, stopped run of the same key, in whatever order they were finished; a torn
// last line is dropped.
Items read_finished(const KeptItems& kept, size_t count,
                    const std::function<void(const OrderedJson&)>& check) {
  Items items(count);
  if (kept.file.empty() || !std::filesystem::exists(kept.file)) return items;
  const std::string lines = read_file(kept.file);
  for (size_t begin = 0, end; (end = lines.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    try {
      OrderedJson line = parse_ordered_json(std::string_view(lines).substr(begin, end - begin),
                                            kept.file.string());
      if (line.at("key") != kept.key) return Items(count);
      check(line);
      items.at(line.at(kept.number).get<size_t>()) = std::move(line);
    } catch (const std::exception&) {
      break;  // from here on it is made anew
    }
  }
  return items;
}

OrderedJson numbered(const KeptItems& kept, size_t i, const OrderedJson& item) {
  OrderedJson line = {{"key", kept.key}, {kept.number, i}};
  line.update(item);
  return line;
}

std::string lines_of(const Items& items) {
  std::string lines;
  for (const std::optional<OrderedJson>& item : items) {
    if (item) lines += dump_json(*item) + '\n';
  }
  return lines;
}

// Runs work(i) for each of `items`, so many at a time, the next as one ends.
void each_together(const std::vector<size_t>& items, size_t together,
                   const std::function<void(size_t)>& work) {
  std::mutex mutex;
  size_t next = 0;
  std::exception_ptr error;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < std::min(together, items.size()); ++t) {
    threads.emplace_back([&] {
      for (;;) {
        size_t mine = 0;
        {
          const std::lock_guard lock(mutex);
          if (error || next == items.size()) return;
          mine = items[next++];
        }
        try {
          work(mine);
        } catch (...) {
          const std::lock_guard lock(mutex);
          if (!error) error = std::current_exception();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace

std::vector<OrderedJson> make_kept_items(Context& context, const KeptItems& kept, size_t count,
                                         const std::function<OrderedJson(size_t)>& make,
                                         const std::function<void(const OrderedJson&)>& check) {
  Items items = read_finished(kept, count, check);
  const auto write_in_order = [&] {
    if (!kept.file.empty()) write_file_atomic(kept.file, lines_of(items));
  };
  write_in_order();
  std::vector<size_t> missing;
  for (size_t i = 0; i < count; ++i) {
    if (!items[i]) missing.push_back(i);
  }
  std::ofstream stream;
  if (!kept.file.empty()) stream.open(kept.file, std::ios::app | std::ios::binary);
  const auto bar = context.progress.start(kept.label, count);
  size_t finished = count - missing.size();
  std::mutex keeping;
  each_together(missing, kept.together, [&](size_t i) {
    stop_if_interrupted(context);
    OrderedJson item = numbered(kept, i, make(i));
    const std::lock_guard lock(keeping);
    if (!kept.file.empty() && !(stream << dump_json(item) << '\n' << std::flush)) {
      throw Error(ErrorCode::kFailed, fmt::format("{}: cannot be written", kept.file.string()));
    }
    items[i] = std::move(item);
    bar->update(++finished);
  });
  bar->finish();
  stream.close();
  write_in_order();
  std::vector<OrderedJson> made;
  for (std::optional<OrderedJson>& item : items) made.push_back(std::move(*item));
  return made;
}

bool is_kept_whole(const KeptItems& kept, size_t count,
                   const std::function<void(const OrderedJson&)>& check) {
  const Items items = read_finished(kept, count, check);
  return std::all_of(items.begin(), items.end(), [](const auto& item) { return item.has_value(); });
}

}  // namespace twin
