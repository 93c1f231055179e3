"""The inbox: its list, the page of an inquiry, answers, templates."""
