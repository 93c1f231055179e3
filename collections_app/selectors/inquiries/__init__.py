"""Reading inquiries: whose a mail is, the inbox, what was said, what goes with an answer."""
