"""Pages about rules: the matrix and its versions, own rules, trials, the watch over them."""
