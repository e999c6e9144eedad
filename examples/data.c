#define _POSIX_C_SOURCE 200809L
#include "data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"

struct file {
    const char *path;
    unsigned char *bytes;
    size_t size;
};

static struct file read_file(const char *path) {
    struct file file = {path, NULL, 0};
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        die(FAILED, "%s: %s", path, strerror(errno));
    size_t room = 1 << 16, got;
    file.bytes = allocate(room, 1);
    while ((got = fread(file.bytes + file.size, 1, room - file.size, stream)) > 0) {
        file.size += got;
        if (file.size == room)
            file.bytes = enlarge(file.bytes, room *= 2, 1);
    }
    if (ferror(stream))
        die(FAILED, "%s: %s", path, strerror(errno));
    fclose(stream);
    return file;
}

/* ---- CSV --------------------------------------------------------------------------------------------------- */

enum { csv_pixels = 64, csv_brightest = 16, csv_fewest = 5 };

/* The number at *at, which `end` follows; moves *at behind both. */
static unsigned char csv_field(const struct file *file, size_t *at, size_t line, size_t field, int max, char end) {
    const char *text = (const char *)file->bytes, *from = text + *at, *stop = text + file->size;
    const char *digit = from;
    int value = 0;
    for (; digit < stop && *digit >= '0' && *digit <= '9' && value <= max; digit++) {
        value = 10 * value + (*digit - '0');
    }
    if (digit == from || value > max) {
        die(FAILED, "%s:%zu: field %zu is not a whole number from 0 to %d", file->path, line, field, max);
    }
    if (end == '\n' && digit < stop && *digit == '\r')
        digit++;
    if (digit < stop ? *digit != end : end != '\n') {
        die(FAILED, "%s:%zu: field %zu ends without %s; a line is %d pixels and a label", file->path, line, field,
            end == '\n' ? "a new line" : "a comma", csv_pixels);
    }
    *at = (size_t)(digit - text) + 1;
    return (unsigned char)value;
}

void data_read_csv(struct data *data, const char *path, struct rng *rng) {
    struct file file = read_file(path);
    size_t lines = 0;
    for (size_t i = 0; i < file.size; i++)
        lines += file.bytes[i] == '\n' || i + 1 == file.size;
    if (lines < csv_fewest)
        die(FAILED, "%s: %zu images; at least %d are needed", path, lines, csv_fewest);

    size_t *place = allocate(lines, sizeof *place);
    for (size_t i = 0; i < lines; i++)
        place[i] = i;
    rng_shuffle(rng, place, lines);

    unsigned char *pixel = allocate(lines, csv_pixels), *label = allocate(lines, 1);
    size_t at = 0;
    for (size_t i = 0; i < lines; i++) {
        unsigned char *row = pixel + place[i] * csv_pixels;
        for (size_t k = 0; k < csv_pixels; k++)
            row[k] = csv_field(&file, &at, i + 1, k + 1, csv_brightest, ',');
        label[place[i]] = csv_field(&file, &at, i + 1, csv_pixels + 1, DIGITS - 1, '\n');
    }
    free(place);
    free(file.bytes);

    size_t held_out = lines / 5;
    *data = (struct data){
        .pixels = csv_pixels,
        .scale = 1.0f / csv_brightest,
        .validation = {held_out, pixel, label},
        .train = {lines - held_out, pixel + held_out * csv_pixels, label + held_out},
        .memory = {pixel, label},
    };
}

/* ---- MNIST's IDX files: big-endian 32-bit words, the magic number and the dimensions, then bytes ------------- */

struct idx {
    unsigned char *memory;
    const unsigned char *item;
    size_t count, item_size;
};

static uint32_t big_endian(const unsigned char *byte) {
    return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

static struct idx idx_read(const char *directory, const char *name, unsigned dimensions) {
    size_t room = strlen(directory) + strlen(name) + 2;
    char *path = allocate(room, 1);
    snprintf(path, room, "%s/%s", directory, name);
    struct file file = read_file(path);

    if (file.size >= 2 && file.bytes[0] == 0x1f && file.bytes[1] == 0x8b) {
        die(FAILED, "%s: is compressed; gunzip it first", path);
    }
    size_t header = 4 + 4 * (size_t)dimensions;
    if (file.size < header)
        die(FAILED, "%s: %zu bytes; the header alone has %zu", path, file.size, header);
    unsigned magic = big_endian(file.bytes), expected = 0x800 + dimensions; /* 8: of unsigned bytes */
    if (magic != expected)
        die(FAILED, "%s: magic number 0x%08x instead of 0x%08x", path, magic, expected);

    struct idx idx = {file.bytes, file.bytes + header, big_endian(file.bytes + 4), 1};
    for (unsigned i = 1; i < dimensions; i++) {
        unsigned side = big_endian(file.bytes + 4 + 4 * i);
        if (side < 1 || side > 1024) {
            die(FAILED, "%s: images %u pixels %s; 1 to 1024 are allowed", path, side, i == 1 ? "high" : "wide");
        }
        idx.item_size *= side;
    }
    size_t body = file.size - header;
    if (idx.count == 0)
        die(FAILED, "%s: nothing in it", path);
    if (body % idx.item_size != 0 || body / idx.item_size != idx.count) {
        die(FAILED, "%s: %zu bytes after a header that announces %zu items of %zu bytes", path, body, idx.count,
            idx.item_size);
    }
    free(path);
    return idx;
}

/* Returns the number of pixels of an image; data_free frees memory[0] and memory[1]. */
static size_t mnist_pair(struct images *images, const char *directory, const char *images_name, const char *labels_name,
                         unsigned char **memory) {
    struct idx pixel = idx_read(directory, images_name, 3);
    struct idx label = idx_read(directory, labels_name, 1);
    if (pixel.count != label.count) {
        die(FAILED, "%s: %zu images in %s, but %zu labels in %s", directory, pixel.count, images_name, label.count,
            labels_name);
    }
    for (size_t i = 0; i < label.count; i++) {
        if (label.item[i] >= DIGITS) {
            die(FAILED, "%s/%s: label %zu is %d; 0 to %d are allowed", directory, labels_name, i, label.item[i],
                DIGITS - 1);
        }
    }
    *images = (struct images){pixel.count, pixel.item, label.item};
    memory[0] = pixel.memory;
    memory[1] = label.memory;
    return pixel.item_size;
}

void data_read_mnist(struct data *data, const char *directory) {
    *data = (struct data){.scale = 1.0f / 255};
    data->pixels =
        mnist_pair(&data->train, directory, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", data->memory);
    size_t pixels =
        mnist_pair(&data->validation, directory, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", data->memory + 2);
    if (pixels != data->pixels) {
        die(FAILED, "%s: training images of %zu pixels, but t10k images of %zu", directory, data->pixels, pixels);
    }
}

void data_free(struct data *data) {
    for (size_t i = 0; i < 4; i++)
        free(data->memory[i]);
}

void data_gather(const struct data *data, const struct images *images, const size_t *order, size_t first, size_t count,
                 float *input, unsigned char *label) {
    for (size_t i = 0; i < count; i++) {
        size_t from = order != NULL ? order[first + i] : first + i;
        const unsigned char *pixel = images->pixel + from * data->pixels;
        for (size_t k = 0; k < data->pixels; k++)
            input[i * data->pixels + k] = data->scale * (float)pixel[k];
        label[i] = images->label[from];
    }
}
