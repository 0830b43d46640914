/* yaml.h - YAML 1.1 as values, through libyaml: plain data only.
 *
 * Mappings become maps, sequences lists, every scalar a text of its characters, but for null (a
 * plain "null", "~" or nothing), which is nil, and !!binary, whose bytes the text holds. Accepted
 * tags: !!map, !!seq, !!str, !!int, !!float, !!bool, !!null, !!timestamp, !!binary (and !binary),
 * !!python/unicode and !!python/str; any other one is refused, for it would make an object. An
 * alias shares the value of its anchor; one inside its own anchor is refused, so is a key that
 * stands twice. One document. */
#ifndef RP_FORMATS_YAML_H
#define RP_FORMATS_YAML_H

#include "import.h"

enum { RP_YAML_DEPTH_MAX = 64 };

/* Into im->heap. RP_EPARSE: told with line and column. RP_ENOMEM, RP_ELIMIT. */
int rp_yaml_read(struct rp_import *im, const char *s, size_t n, struct rp_value *out);

#endif
