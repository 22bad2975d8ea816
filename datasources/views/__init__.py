"""The pages of datasources. Views are doors: they parse, call one service, and render."""
