"""What is done with inquiries: mails taken in, answers sent, what was recognised confirmed."""
