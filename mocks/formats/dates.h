/* dates.h - moments as microseconds since 1970, in UTC: of ISO 8601 and of HTTP's Date header. */
#ifndef RP_FORMATS_DATES_H
#define RP_FORMATS_DATES_H

#include <stdint.h>

/* "2026-11-20T16:10:15Z", also with a fraction and with an offset. 0: it is no date. */
int rp_date_read(const char *s, int64_t *us);
/* "Fri, 20 Nov 2026 16:10:15 GMT". 0: it is no date. */
int rp_date_read_http(const char *s, int64_t *us);
enum { RP_DATE_SIZE = 40 };
/* digits of the fraction: 0 or 6. Of years 0 to 9999; any other moment is 1970's first. */
void rp_date_write(int64_t us, int digits, char out[RP_DATE_SIZE]);

#endif
