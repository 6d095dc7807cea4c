"""What the bot says: vetted snippets, referral contacts and fixed phrases. Recognises nothing and sends nothing."""
