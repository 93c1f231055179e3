"""Pages under Settings, a module a topic."""
