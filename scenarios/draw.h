/* draw.h - a scenario's workflow as a drawing: text for Mermaid or Graphviz. */
#ifndef RP_DRAW_H
#define RP_DRAW_H

#include "load.h"

enum rp_draw { RP_DRAW_MERMAID, RP_DRAW_DOT };

/* Adds the drawing. RP_OK, RP_ENOMEM, RP_ELIMIT. */
int rp_draw(struct rp_buf *out, const struct rp_scenario *scenario, enum rp_draw form);

#endif
