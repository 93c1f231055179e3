"""What people type in collections, a file a topic."""
