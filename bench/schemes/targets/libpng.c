// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/*
 * libpng.c - reads the input as an image, with the transformations that
 * browsers use
 */
#include <png.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIDE = 128, MEMORY = 1 << 20 };

struct input {
  const uint8_t *data;
  size_t left;
};

static void read_some(png_structp png, png_bytep into, size_t length) {
  struct input *in = png_get_io_ptr(png);
  if (length > in->left)
    png_error(png, "the end");
  memcpy(into, in->data, length);
  in->data += length, in->left -= length;
}

static void quiet(png_structp png, png_const_charp what) {
  (void)png, (void)what;
}

static _Noreturn void stop(png_structp png, png_const_charp what) {
  (void)what;
  png_longjmp(png, 1);
}

static void read_image(png_structp png, png_infop info, png_infop end,
                       uint8_t *row) {
  png_read_info(png, info);
  png_set_gray_to_rgb(png);
  png_set_expand(png);
  png_set_packing(png);
  png_set_scale_16(png);
  png_set_tRNS_to_alpha(png);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) > SIDE * 8)
    return;
  for (int pass = 0; pass < passes; pass++)
    for (png_uint_32 y = 0; y < png_get_image_height(png, info); y++)
      png_read_row(png, row, NULL);
  png_read_end(png, end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input in = {data, size};
  uint8_t row[SIDE * 8];
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, stop, quiet);
  png_infop info = png_create_info_struct(png);
  png_infop end = png_create_info_struct(png);
  if (!png || !info || !end)
    abort();
  if (!setjmp(png_jmpbuf(png))) {
    png_set_read_fn(png, &in, read_some);
    png_set_user_limits(png, SIDE, SIDE);
    png_set_chunk_malloc_max(png, MEMORY);
    // Checksums would hide what is behind them.
    png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
    read_image(png, info, end, row);
  }
  png_destroy_read_struct(&png, &info, &end);
  return 0;
}
