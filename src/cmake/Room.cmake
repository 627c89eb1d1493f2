# A room is one static library `uie_<name>`: sources below src/<name>, public headers below include/uie/<name>.
# What it may include is written in scripts/layers.txt and checked by scripts/check_layers; what it links is said here.
#
#   uie_room(text SOURCES text.cpp wordpiece.cpp LINKS uie_base)
#   uie_test(text SOURCES text_test.cpp LINKS uie_text)      one test program `<name>_test`, registered with ctest

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

add_library(uie_warnings INTERFACE)
target_compile_options(uie_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
                       -Wconversion -Wno-sign-conversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(uie_warnings INTERFACE -Wthread-safety)
endif()
if(UIE_SANITIZE)
  target_compile_options(uie_warnings INTERFACE -fsanitize=${UIE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(uie_warnings INTERFACE -fsanitize=${UIE_SANITIZE})
endif()

function(uie_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(uie_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(uie_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(uie_${name} PUBLIC ${ROOM_LINKS} Threads::Threads PRIVATE uie_warnings ${ROOM_PRIVATE_LINKS})
endfunction()

function(uie_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name}_test ${TEST_SOURCES})
  target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name}_test PRIVATE UIE_SOURCE_DIR="${PROJECT_SOURCE_DIR}" UIE_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(${name}_test PRIVATE uie_warnings ${TEST_LINKS} GTest::gtest_main GTest::gmock)
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES LABELS "${TEST_LABELS}" TIMEOUT 900)
endfunction()
