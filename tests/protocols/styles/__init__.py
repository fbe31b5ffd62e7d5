"""Ways in which models write an answer, by the reader that has to understand them."""
