/* paint.h - pieces of a transcript: columns, colours, text that cannot harm a terminal. */
#ifndef RP_PAINT_H
#define RP_PAINT_H

#include "transcript.h"

enum rp_paint { RP_PLAIN, RP_NAME, RP_DIM, RP_ASKS, RP_GOOD, RP_BAD_NEWS, RP_HEAD };

/* A line with the superstep and a name before it; text follows with rp_paint_text, then
 * rp_paint_close. who NULL: nobody. */
int rp_paint_open(struct rp_transcript *t, int64_t step, const char *who);
/* Text in that colour; control characters are shown as \x1b; further lines are indented to the text
 * column. */
int rp_paint_text(struct rp_transcript *t, enum rp_paint paint, struct rp_str text);
int rp_paint_z(struct rp_transcript *t, enum rp_paint paint, const char *z);
int rp_paint_int(struct rp_transcript *t, enum rp_paint paint, int64_t i);
/* v as compact JSON, texts too. */
int rp_paint_json(struct rp_transcript *t, enum rp_paint paint, struct rp_value v);
/* An empty line. */
int rp_paint_gap(struct rp_transcript *t);
/* Ends the line and hands it on. */
int rp_paint_close(struct rp_transcript *t);
/* Hands on what there is of the line, which stays open. */
int rp_paint_flush(struct rp_transcript *t);
/* A whole line of one colour; the second one with more text behind it, plain. */
int rp_paint_line(struct rp_transcript *t, int64_t step, const char *who, enum rp_paint paint,
                  const char *text);
int rp_paint_line2(struct rp_transcript *t, int64_t step, const char *who, enum rp_paint paint,
                   const char *text, struct rp_str more);

#endif
