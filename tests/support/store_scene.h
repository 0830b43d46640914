/* store_scene.h - a store of checkpoint files on a disk in memory, for tests that tell what was
 * done to it and what it said as text. */
#ifndef TESTS_STORE_SCENE_H
#define TESTS_STORE_SCENE_H

#include "engine/os/reprise_os.h"
#include "engine/os/store_file.h"
#include "tests/support/faulty_alloc.h"
#include "tests/support/faulty_files.h"
#include "tests/support/store_trees.h"

struct scene {
    struct faulty memory;
    struct ff disk;
    struct rp_store store;
    int is_open;
    struct trees trees;
    size_t root[100]; /* by id */
    uint64_t generation;
};

void scene_begin(struct scene *s);
/* Closes all; every byte of memory must be back. */
void scene_end(struct scene *s);
/* Closes it, if it is open, and opens it. Each call below gives "" when it was done, else
 * "STATUS PLACE: TEXT"; good until the next one. */
const char *scene_open(struct scene *s);
const char *scene_open_to_read(struct scene *s);
void scene_close(struct scene *s);
/* A checkpoint of that workflow: a state that holds a list that ends in a message, and that begins
 * with the list in checkpoint `on` (-1: none). It must get that id. */
const char *scene_save(struct scene *s, int64_t id, const char *workflow, int64_t on);
const char *scene_remove(struct scene *s, const int64_t *ids, size_t n);
/* Reads the checkpoint and its tree. */
const char *scene_read(struct scene *s, int64_t id);
const char *scene_latest(struct scene *s, const char *workflow); /* the number when it was found */
/* "0 1 2", and what the listing said at last. */
const char *scene_list(struct scene *s, const char *workflow);
/* What rp_store_file_check says, line by line. */
const char *scene_check(struct scene *s);
/* Names and lengths of the files, in order of names, line by line. */
const char *scene_files(struct scene *s);
uint64_t scene_size(struct scene *s);

#endif
