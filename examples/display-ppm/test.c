/* SPDX-License-Identifier: BSD-2-Clause */
/* test.c - tests of display-ppm; the test draws. The plugin's file is the argument. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <vmrun/backendtest.h>

enum { WIDTH = 5, HEIGHT = 3, MAX_FILE = 65536 };

static const struct vm_plugin *plugin;
static char folder[64], path[96];
static uint8_t file[MAX_FILE];

/* A folder of the case's own, removed by leave(). */
static struct vm_displaytest *enter(const char *rate)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_displaytest *h = vm_displaytest_new(plugin);

    strcpy(folder, "/tmp/display-ppm.XXXXXX");
    VM_TEST_CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/screen.ppm", folder);
    vm_displaytest_set(h, "path", path);
    vm_displaytest_set(h, "rate", rate);
    if (vm_displaytest_create(h, &err))
        vm_test_fail(__FILE__, __LINE__, "%s", err.text);
    return h;
}

/* Nothing but the picture may lie there. */
static void leave(struct vm_displaytest *h)
{
    vm_displaytest_free(h);
    unlink(path);
    VM_TEST_EQUAL(rmdir(folder), 0);
}

/* A mode of that size, and a picture with each pixel's place in it and `blue`. */
static void draw(struct vm_displaytest *h, uint32_t width, uint32_t height, uint8_t blue)
{
    uint32_t *picture = vm_displaytest_picture(h);

    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            picture[y * width + x] = x << 16 | y << 8 | blue;
}

static size_t read_file(void)
{
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(file, 1, sizeof(file), f) : 0;

    if (f)
        fclose(f);
    return n;
}

/* Whether the n bytes that were read are what draw() drew. */
static int is_picture(size_t length, uint32_t width, uint32_t height, uint8_t blue)
{
    char header[64];
    size_t n = (size_t)snprintf(header, sizeof(header), "P6\n%u %u\n255\n", width, height);

    if (length != n + (size_t)width * height * 3 || memcmp(file, header, n) != 0)
        return 0;
    for (uint32_t i = 0; i < width * height; i++) {
        const uint8_t pixel[] = {(uint8_t)(i % width), (uint8_t)(i / width), blue};
        if (memcmp(file + n + i * 3, pixel, 3) != 0)
            return 0;
    }
    return 1;
}

static int shows(uint32_t width, uint32_t height, uint8_t blue)
{
    return is_picture(read_file(), width, height, blue);
}

static void wait_a_moment(void)
{
    const struct timespec moment = {0, 5000000};

    nanosleep(&moment, NULL);
}

/* It is written by another thread: at most ten seconds. */
static int comes(uint32_t width, uint32_t height, uint8_t blue)
{
    for (int i = 0; i < 2000 && !shows(width, height, blue); i++)
        wait_a_moment();
    return shows(width, height, blue);
}

static void writes_pictures(void *opaque)
{
    const struct vm_display_rect corner = {0, 0, 1, 1};
    struct vm_displaytest *h = enter("10");
    int64_t when = 0, first = 0;

    (void)opaque;
    vm_displaytest_mode(h, WIDTH, HEIGHT);
    VM_TEST_CHECK(vm_displaytest_wants(h, NULL, &first));
    draw(h, WIDTH, HEIGHT, 7);
    VM_TEST_CHECK(vm_displaytest_frame(h, NULL, 0));
    VM_TEST_CHECK(comes(WIDTH, HEIGHT, 7));
    VM_TEST_CHECK(vm_displaytest_wants(h, NULL, &when));
    VM_TEST_CHECK(first == 0 && when >= 100000000);
    draw(h, WIDTH, HEIGHT, 8);
    VM_TEST_CHECK(vm_displaytest_frame(h, &corner, 1));
    VM_TEST_CHECK(comes(WIDTH, HEIGHT, 8));
    leave(h);
}

static void follows_modes(void *opaque)
{
    struct vm_displaytest *h = enter("2");

    (void)opaque;
    vm_displaytest_mode(h, WIDTH, HEIGHT);
    draw(h, WIDTH, HEIGHT, 1);
    VM_TEST_CHECK(vm_displaytest_frame(h, NULL, 0));
    vm_displaytest_mode(h, 40, 30);
    draw(h, 40, 30, 2);
    VM_TEST_CHECK(vm_displaytest_frame(h, NULL, 0));
    VM_TEST_CHECK(comes(40, 30, 2));
    vm_displaytest_mode(h, 0, 0);
    VM_TEST_CHECK(!vm_displaytest_frame(h, NULL, 0));
    VM_TEST_CHECK(shows(40, 30, 2));
    leave(h);
}

/* However short the time is that is left. */
static void the_last_one_is_written(void *opaque)
{
    struct vm_displaytest *h = enter("60");

    (void)opaque;
    vm_displaytest_mode(h, 100, 100);
    for (uint8_t blue = 1; blue <= 50; blue++) {
        draw(h, 100, 100, blue);
        VM_TEST_CHECK(vm_displaytest_frame(h, NULL, 0));
    }
    vm_displaytest_destroy(h);
    VM_TEST_CHECK(shows(100, 100, 50));
    leave(h);
}

/* Whoever reads sees a whole picture, old or new. */
static void no_half_pictures(void *opaque)
{
    struct vm_displaytest *h = enter("60");

    (void)opaque;
    vm_displaytest_mode(h, 140, 140);
    for (uint8_t blue = 1; blue <= 100; blue++) {
        draw(h, 140, 140, blue);
        VM_TEST_CHECK(vm_displaytest_frame(h, NULL, 0));
        size_t n = read_file();
        VM_TEST_CHECK(n == 0 || is_picture(n, 140, 140, file[n - 1]));
    }
    leave(h);
}

/* What goes wrong later is said once, and the next picture is tried again. */
static void failures_are_told_once(void *opaque)
{
    struct vm_displaytest *h = enter("60");

    (void)opaque;
    VM_TEST_EQUAL(rmdir(folder), 0);
    vm_displaytest_mode(h, WIDTH, HEIGHT);
    VM_TEST_CHECK(vm_displaytest_frame(h, NULL, 0));
    for (int i = 0; i < 2000 && vm_test_log_lines() == 0; i++)
        wait_a_moment();
    VM_TEST_EQUAL(vm_test_log_lines(), 1);
    for (int i = 0; i < 4; i++) {
        VM_TEST_CHECK(vm_displaytest_frame(h, NULL, 0));
        wait_a_moment();
    }
    VM_TEST_EQUAL(mkdir(folder, 0700), 0);
    draw(h, WIDTH, HEIGHT, 99);
    VM_TEST_CHECK(vm_displaytest_frame(h, NULL, 0));
    vm_displaytest_destroy(h);
    VM_TEST_CHECK(shows(WIDTH, HEIGHT, 99));
    VM_TEST_EQUAL(vm_test_log_lines(), 2);
    VM_TEST_CHECK(strstr(vm_test_log_text(), "is written again") != NULL);
    leave(h);
}

static void refuses(const char *where, const char *why)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_displaytest *h = vm_displaytest_new(plugin);

    vm_displaytest_set(h, "path", where);
    VM_TEST_EQUAL(vm_displaytest_create(h, &err), -1);
    if (strncmp(err.text, "path: ", 6) != 0 || !strstr(err.text, why))
        vm_test_fail(__FILE__, __LINE__, "%s", err.text);
    vm_displaytest_free(h);
}

static void refuses_paths(void *opaque)
{
    (void)opaque;
    refuses("/nowhere/at/all/screen.ppm", "No such file or directory");
    refuses("/tmp", "is no regular file");
    refuses("/dev/null", "is no regular file");
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {.name = "writes pictures", .run = writes_pictures},
        {.name = "follows modes", .run = follows_modes},
        {.name = "the last one is written", .run = the_last_one_is_written},
        {.name = "no half pictures", .run = no_half_pictures},
        {.name = "failures are told once", .run = failures_are_told_once},
        {.name = "refuses paths", .run = refuses_paths},
    };
    struct vm_error err = VM_ERROR_INIT;

    plugin = argc > 1 ? vm_test_load(argv[1], &err) : NULL;
    if (!plugin) {
        fprintf(stderr, "usage: test PLUGIN.so; %s\n", err.text);
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}
