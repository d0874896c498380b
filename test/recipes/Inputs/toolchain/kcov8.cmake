# doc: toolchain
set(CMAKE_C_COMPILER kcov8-clang)
set(CMAKE_CXX_COMPILER kcov8-clang++)
# doc: end
