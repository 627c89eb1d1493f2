"""The values that a slot of a scene file may "make": name -> function of a random.Random.

The modules named below hold one function for each kind of value; a thing of
scene_things.py needs none, as it is only picked from a list.
"""
import inspect

import scene_amounts
import scene_codes
import scene_dates
import scene_names
from scene_things import THINGS

MAKE = {name: lambda r, words=words: r.choice(words) for name, words in THINGS.items()}
for module in (scene_names, scene_dates, scene_amounts, scene_codes):
    # the end of time_ only keeps it apart from the module time
    MAKE.update((name.rstrip("_"), function) for name, function in inspect.getmembers(module, inspect.isfunction)
                if not name.startswith("_") and function.__module__ == module.__name__)

# Other names which writers of scenes gave to a generator: alias -> generator.
ALIAS = {alias: name for name, *aliases in map(str.split, """\
address full_address postal_address
bank_card card card_no
big_money bigmoney large_money
code id id_code number_code serial serial_no contract_no case_no
datetime date_time
decimal float
department dept
disease illness
dish food
district area_name
drug medicine
email mail
film film_title movie
film_quoted film_title_quoted movie_title
flight flight_no flight_number
foreign foreign_person foreign_name
government gov government_office office authority agency
id_card idcard id_number
integer int number num
invoice_no invoice invoice_number
job job_title title position jobtitle occupation profession
landline tel telephone fixed_phone
med_department hospital_department clinic_department medical_department
money amount
order_no order_number order order_id
organization org institution
percent percentage ratio
person name people human person_name 人名
phone mobile mobile_phone cellphone
plate plate_number license_plate plate_no car_plate
road street
scenic scenic_spot attraction
school university college
short_company company_short brand_company company_brief shortco firm
software app
song song_title
song_quoted song_title_quoted
stock_code stock
symptom symptoms
temperature temp
time time_of_day clock
tracking_no tracking tracking_number express_no
train train_no train_number
url website link
vehicle vehicle_model car car_model
weather weather_phenomenon
""".splitlines()) for alias in aliases}
for alias, name in ALIAS.items():
    MAKE.setdefault(alias, MAKE[name])
