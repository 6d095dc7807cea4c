"""The labelled corpus, its data card and handbook, and the code that checks and splits it; trains nothing."""
