/* report.c - notes, each told once with a count. */
#include "report.h"

#include <stdio.h>
#include <string.h>

const char *rp_note_kind_name(enum rp_note_kind kind)
{
    static const char *const names[] = {"skipped", "changed", "lost"};

    return names[kind];
}

/* Cuts no character in half. */
static void copy(char *to, size_t size, const char *from)
{
    size_t n = strlen(from);

    if (n >= size) {
        n = size - 1;
        while (n > 0 && ((unsigned char)from[n] & 0xc0) == 0x80)
            n--;
    }
    memcpy(to, from, n);
    to[n] = '\0';
}

void rp_note(struct rp_report *report, enum rp_note_kind kind, uint64_t n, const char *text,
             const char *place)
{
    size_t i = 0;

    if (n == 0)
        return;
    while (i < report->n &&
           (report->notes[i].kind != kind || !rp_same(report->notes[i].text, text)))
        i++;
    if (i == report->n) {
        RP_ASSERT(report->n < RP_NOTES_MAX);
        report->notes[report->n++] = (struct rp_note){.kind = kind, .text = text};
        copy(report->notes[i].first, sizeof(report->notes[i].first), place ? place : "");
    }
    report->notes[i].n += n;
}
