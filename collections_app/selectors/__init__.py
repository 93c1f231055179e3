"""Rooms of collections, a module a topic."""
