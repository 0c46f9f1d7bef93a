"""What a reader sees; all writing."""
