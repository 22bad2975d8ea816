"""Fr., 20. Nov.: a point behind the number of the day and behind what is cut short."""

DATE_FORMAT = "l, j. F Y"
SHORT_DATE_FORMAT = "j. N Y"
MONTH_DAY_FORMAT = "D., j. N"
SPAN_FORMAT = "j. N"
SPAN_DAY_FORMAT = "j."
