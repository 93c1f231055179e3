"""Mails of customers, read by rules: whose words they are, what they say, which days and amounts they name. Pure, the same each time."""
