"""The demo company: a plan made from a seed and a business date (pure), and its loading through the services that users use."""
