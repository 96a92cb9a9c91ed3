#pragma once

#include <stdexcept>
#include <string>

namespace twin {

// What went wrong, in the terms of whoever has to act on it. The value is the exit code of `twin`.
enum class ErrorCode {
  kFailed = 1,         // anything that fits none of the below
  kUsage = 2,          // the command line or a setting is wrong
  kBadInput = 3,       // a file, document or model is not what it claims to be
  kRemote = 4,         // a remote service failed
  kDoesNotFit = 5,     // memory or disk is too small for the work
  kInterrupted = 130,  // the user asked to stop
};

// The user's, a file's, the network's or a model's data is wrong. The message says where, what was
// found, what was expected and what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

// A caller broke a contract: our own mistake. No user input can reach it.
class Bug : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void throw_bug(const char* expression, const char* file, int line,
                            const std::string& detail);

}  // namespace twin

// TWIN_CHECK(condition) or TWIN_CHECK(condition, "detail"): a contract between our own functions.
#define TWIN_CHECK(condition, ...)                                                   \
  do {                                                                               \
    if (!(condition)) [[unlikely]]                                                   \
      ::twin::throw_bug(#condition, __FILE__, __LINE__, ::std::string{__VA_ARGS__}); \
  } while (false)

// The same inside hot loops; compiled only where TWIN_DCHECKS is defined (debug builds).
#ifdef TWIN_DCHECKS
#define TWIN_DCHECK(...) TWIN_CHECK(__VA_ARGS__)
#else
#define TWIN_DCHECK(...) \
  do {                   \
  } while (false)
#endif
