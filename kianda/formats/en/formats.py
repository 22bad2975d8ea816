"""Fri 20 Nov: the weekday first, no comma."""

DATE_FORMAT = "l j F Y"
SHORT_DATE_FORMAT = "j M Y"
MONTH_DAY_FORMAT = "D j M"
SPAN_FORMAT = "j M"
SPAN_DAY_FORMAT = "j"
