"""Chinese numerals below one hundred."""

DIGITS = "〇一二三四五六七八九"


def numeral(n):
    if n < 10:
        return DIGITS[n]
    tens, ones = divmod(n, 10)
    return ("" if tens == 1 else DIGITS[tens]) + "十" + (DIGITS[ones] if ones else "")
