# Warnings are errors everywhere; the instruction set stays the platform's baseline, because the
# kernels carry their own flags per file and choose at run time.
add_library(twin_options INTERFACE)
target_compile_options(twin_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Werror
  # Clang counts the macros of C libraries (GIT_CLONE_OPTIONS_INIT) and designated ones as missing.
  $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wno-missing-field-initializers>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)  # false alarms in std::string, GCC bug 105651
target_compile_definitions(twin_options INTERFACE
  $<$<CONFIG:Debug>:TWIN_DCHECKS> TWIN_VERSION="${PROJECT_VERSION}")

if(TWIN_SANITIZE)
  add_compile_options(-fsanitize=${TWIN_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TWIN_SANITIZE})
endif()
if(TWIN_FUZZ)
  # Coverage for libFuzzer in every room; the targets themselves link its main.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(TWIN_SIMD AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_definitions(twin_options INTERFACE TWIN_X86_SIMD)
endif()
