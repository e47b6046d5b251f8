import unittest

from shop.render import page, price


class Render(unittest.TestCase):
    def test_price_has_two_decimals(self):
        self.assertEqual(price(475), "4.75")
        self.assertEqual(price(1800), "18.00")

    def test_names_are_escaped(self):
        self.assertIn("<li>a&lt;b: 0.01</li>", page([{"name": "a<b", "cents": 1}], "1"))

    def test_release_is_the_title(self):
        self.assertIn("<title>shop 1.4.0</title>", page([], "1.4.0"))
