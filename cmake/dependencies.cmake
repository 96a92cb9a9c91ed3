# Every library is one of the distribution's packages; `dev` installs them. Each becomes an imported
# target named twin_dep_*, so that a room names what it uses and nothing else reaches it.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
pkg_check_modules(pcre2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(gumbo REQUIRED IMPORTED_TARGET gumbo)
pkg_check_modules(cmark_gfm REQUIRED IMPORTED_TARGET libcmark-gfm)
find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)
# The distribution compiles cpp-httplib; its pkg-config file says with which options.
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
if(TWIN_TESTS)
  find_package(GTest REQUIRED)
endif()

add_library(twin_dep_cli11 INTERFACE)
target_include_directories(twin_dep_cli11 SYSTEM INTERFACE ${CLI11_INCLUDE_DIR})

if(TARGET yaml-cpp::yaml-cpp)
  set(TWIN_DEP_YAML yaml-cpp::yaml-cpp)
else()
  set(TWIN_DEP_YAML yaml-cpp)
endif()
