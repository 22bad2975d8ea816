"""The icons that a design may choose from, of those that the product draws."""

from typing import Literal

# Each is of Bootstrap Icons. One list for all that has an icon: what is chosen for a process can be
# chosen for a button too. Empty: none.
Icon = Literal[
    "",
    # Things and places.
    "airplane", "award", "bag", "bank", "bell", "book", "box-seam", "briefcase", "building",
    "calendar3", "camera", "car-front", "cart3", "cash-coin", "chat-dots", "check2-square",
    "clipboard", "clock", "cpu", "credit-card", "cup-hot", "door-open", "envelope", "file-text",
    "flag", "gear", "geo-alt", "gift", "globe", "headset", "heart-pulse", "house", "key", "laptop",
    "lightbulb", "mortarboard", "p-circle", "pencil", "people", "person-badge", "person-plus",
    "phone", "receipt", "shield-check", "star", "sun", "telephone", "tools", "truck", "wrench",
    # Acts.
    "check-lg", "x-lg", "send", "arrow-return-left", "arrow-repeat", "plus-lg", "download",
    "printer", "save", "search", "slash-circle", "trash3",
]  # fmt: skip
