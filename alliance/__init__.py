"""The merchant alliance hub: shops that recommend each other, and the law that pays them."""
