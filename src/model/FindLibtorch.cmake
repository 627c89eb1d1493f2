# libtorch 1.13 (Debian's libtorch-dev) to 2.x (a PyTorch package named by CMAKE_PREFIX_PATH: its folder `torch`, or
# what torch.utils.cmake_prefix_path prints). Torch's own config file also wants the CUDA toolkit, protobuf and more
# that we do not use, so this looks for the headers and libraries alone. Gives the target `Libtorch`.
set(LIBTORCH_HINTS "")
string(REPLACE ":" ";" LIBTORCH_PREFIXES "${CMAKE_PREFIX_PATH};$ENV{CMAKE_PREFIX_PATH}")
foreach(prefix IN LISTS LIBTORCH_PREFIXES)
  list(APPEND LIBTORCH_HINTS ${prefix} ${prefix}/torch ${prefix}/../..)
endforeach()

find_path(LIBTORCH_INCLUDE ATen/ATen.h HINTS ${LIBTORCH_HINTS} PATH_SUFFIXES include)
foreach(name c10 torch_cpu c10_cuda torch_cuda)
  find_library(LIBTORCH_${name} ${name} HINTS ${LIBTORCH_HINTS} PATH_SUFFIXES lib)
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libtorch
  REQUIRED_VARS LIBTORCH_torch_cpu LIBTORCH_c10 LIBTORCH_INCLUDE
  REASON_FAILURE_MESSAGE "install libtorch-dev, or set CMAKE_PREFIX_PATH to a PyTorch's folder")
mark_as_advanced(LIBTORCH_INCLUDE LIBTORCH_c10 LIBTORCH_torch_cpu LIBTORCH_c10_cuda LIBTORCH_torch_cuda)

if(Libtorch_FOUND AND NOT TARGET Libtorch)
  file(STRINGS ${LIBTORCH_c10} cxx11_symbols REGEX "3c10.*7__cxx11" LIMIT_COUNT 1)
  if(NOT cxx11_symbols)
    message(FATAL_ERROR "${LIBTORCH_c10} was built with the old C++ ABI (_GLIBCXX_USE_CXX11_ABI=0): take another libtorch")
  endif()
  add_library(Libtorch INTERFACE IMPORTED GLOBAL)
  target_include_directories(Libtorch SYSTEM INTERFACE ${LIBTORCH_INCLUDE} ${LIBTORCH_INCLUDE}/torch/csrc/api/include)
  # PyTorch's own libraries export parts of an old std::filesystem whose other parts are absent (a call jumps to address
  # 0): the C++ library goes first, so that its symbols are the ones found; libtorch.so itself is an empty shell.
  target_link_libraries(Libtorch INTERFACE -Wl,--no-as-needed -lstdc++ -Wl,--as-needed
                        ${LIBTORCH_torch_cpu} ${LIBTORCH_c10} ${CMAKE_DL_LIBS})
  if(LIBTORCH_torch_cuda AND LIBTORCH_c10_cuda)  # nothing refers to it by symbol: it registers itself when loaded
    target_link_libraries(Libtorch INTERFACE -Wl,--no-as-needed ${LIBTORCH_torch_cuda} -Wl,--as-needed ${LIBTORCH_c10_cuda})
  endif()
endif()
