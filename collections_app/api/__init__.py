"""Collections over the API: a file a topic."""
