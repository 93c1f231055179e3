"""Reading the order's life: `listing` for the lists, `chain` for a record's neighbours, the rest beside them by topic."""
