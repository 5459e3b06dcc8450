"""What leaves the house: letters, and the courier who carries them."""
