"""Pages of remittance advices: lists, one advice, files coming in, layouts of lists, an advice keyed by hand."""
