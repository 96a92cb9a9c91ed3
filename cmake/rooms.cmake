# twin_room(NAME path LINKS rooms... USES libraries... TESTS_USE libraries...)
#
# One library per room. Its sources are every .cc below src/<path> that is not a test, a fuzz target
# or part of a room nested in it. A room is included as "<path>/header.h" through a folder of its own
# that holds nothing but a link to the room, so an include of a room that is not linked (directly or
# through another room) is a file that does not exist, and the build stops.
#
# Every *_test.cc becomes part of <name>_test and every *_fuzz.cc a fuzz target of its own, and a test
# that runs it on its seeds, tests/fuzz/<target less _fuzz>: a test that no target builds cannot exist.
function(twin_room name path)
  cmake_parse_arguments(ROOM "" "" "LINKS;USES;TESTS_USE;WITHOUT" ${ARGN})
  set(dir ${CMAKE_SOURCE_DIR}/src/${path})

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.cc)
  foreach(nested ${ROOM_WITHOUT})
    list(FILTER sources EXCLUDE REGEX "^${dir}/${nested}/")
  endforeach()
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz)\\.cc$")
  if(NOT TWIN_SIMD)
    list(FILTER sources EXCLUDE REGEX "_avx(2|512)[a-z0-9_]*\\.cc$")
  endif()

  set(include_dir ${CMAKE_BINARY_DIR}/rooms/${name})
  get_filename_component(parent ${path} DIRECTORY)
  file(MAKE_DIRECTORY ${include_dir}/${parent})
  file(CREATE_LINK ${dir} ${include_dir}/${path} SYMBOLIC)

  if(sources)
    add_library(twin_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(twin_${name} PRIVATE twin_options ${ROOM_USES})
  else()
    add_library(twin_${name} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(twin_${name} INTERFACE ${ROOM_USES})
  endif()
  target_include_directories(twin_${name} ${scope} ${include_dir})
  foreach(room ${ROOM_LINKS})
    target_link_libraries(twin_${name} ${scope} twin_${room})
  endforeach()

  if(TWIN_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE twin_${name} twin_options ${ROOM_USES}
                          ${ROOM_TESTS_USE} GTest::gtest GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE TWIN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()

  if(TWIN_TESTS)
    foreach(fuzzer ${fuzzers})
      get_filename_component(target ${fuzzer} NAME_WE)
      string(REGEX REPLACE "_fuzz$" "" seeds ${target})
      add_executable(${target}_seeds_test ${fuzzer} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.cc)
      target_link_libraries(${target}_seeds_test PRIVATE twin_${name} twin_options ${ROOM_USES})
      add_test(NAME ${target}_seeds
               COMMAND ${target}_seeds_test ${CMAKE_SOURCE_DIR}/tests/fuzz/${seeds})
    endforeach()
  endif()

  if(TWIN_FUZZ)
    foreach(fuzzer ${fuzzers})
      get_filename_component(target ${fuzzer} NAME_WE)
      add_executable(${target} ${fuzzer})
      target_link_libraries(${target} PRIVATE twin_${name} twin_options ${ROOM_USES}
                            -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()
