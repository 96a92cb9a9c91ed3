#pragma once

#include <gmime/gmime.h>

#include <memory>
#include <string>

namespace twin {

struct GObjectDeleter {
  void operator()(void* object) const { g_object_unref(object); }
};
// Owns one reference to a GMime object.
template <class T>
using GPointer = std::unique_ptr<T, GObjectDeleter>;

struct GFreeDeleter {
  void operator()(char* text) const { g_free(text); }
};
using GText = std::unique_ptr<char, GFreeDeleter>;

// GMime's options for reading what people's clients really wrote; sets up the library on the first
// call. Thread-safe; never freed.
GMimeParserOptions* lenient_parsing();

// "" for null; invalid UTF-8 replaced.
std::string text_or_empty(const char* text);

}  // namespace twin
