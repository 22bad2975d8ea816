"""How each language writes a day, by Django's names for it: FORMAT_MODULE_PATH of the settings.

DATE_FORMAT is a day in full, SHORT_DATE_FORMAT a day with its year, MONTH_DAY_FORMAT without.
Our own: SPAN_FORMAT is an end of a span of days, SPAN_DAY_FORMAT its first day in the same month.
"""
