#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"

namespace twin {

// Where items that take long to make are kept: JSON lines of "key", the item's number under
// `number`, and what the item is.
struct KeptItems {
  std::filesystem::path file;  // empty: nothing is kept
  std::string key;      // of what all items are made from; lines of another are not looked at
  std::string number;   // the name of the field
  std::string label;    // of the progress bar
  size_t together = 8;  // made at a time, each on a thread of its own
};

// Items 0 to count - 1 in order, each made by make(i) and added to the file the moment it is
// finished; those already there are not made again. What `check` throws on is made anew, as is all
// behind it. At the end the file holds them in order: the same bytes however often it was stopped.
// After an error no other item is begun; the first of them is thrown when all have ended.
// Errors: make's; kInterrupted; kFailed where the file cannot be written.
std::vector<OrderedJson> make_kept_items(Context& context, const KeptItems& kept, size_t count,
                                         const std::function<OrderedJson(size_t)>& make,
                                         const std::function<void(const OrderedJson&)>& check);

// Whether all of them are there: nothing would be made.
bool is_kept_whole(const KeptItems& kept, size_t count,
                   const std::function<void(const OrderedJson&)>& check);

}  // namespace twin
