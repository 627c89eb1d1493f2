"""What the general labels mean: which hold for a generator, and which must not be asked for beside one."""
from scene_values import ALIAS

# Generators : labels that hold for everything they make.
UNIVERSAL = {}
for line in """\
person name_cn foreign : 人名 姓名 人物 人员姓名
company short_company : 公司 公司名称 企业 企业名称
school : 学校 院校
hospital : 医院 医院名称
bank : 银行 银行名称
government police court : 政府机构 政府部门 机关单位
date full_date relative_date : 日期
date full_date relative_date time datetime timestamp : 时间
money price big_money : 金额 钱数
percent : 百分比
phone : 手机号 手机号码
phone landline : 电话 电话号码
email : 邮箱 电子邮箱
url : 网址 链接
plate : 车牌 车牌号
address : 地址
city : 城市
province : 省份
country : 国家
city province district county : 地名
duration : 时长
weight : 重量
temperature : 温度
drug : 药品 药物
disease : 疾病
symptom : 症状
dish : 菜名
animal : 动物
plant : 植物
vehicle : 车型
software : 软件
job : 职位 职务
department : 部门
flight : 航班号
train : 车次
version : 版本号
color : 颜色
ip : IP地址
brand : 品牌
airport : 机场
film film_quoted : 影视作品
song song_quoted : 歌曲名
scenic : 景点
age : 年龄
sport : 运动项目
chemical : 化学物质
crop : 农作物
med_department : 科室
area : 面积
distance : 距离
company short_company school hospital bank government police court organization : 机构 机构名 组织机构
""".splitlines():
    names, labels = line.split(" : ")
    for name in names.split():
        UNIVERSAL.setdefault(name, []).extend(labels.split())
for alias, name in ALIAS.items():
    if alias not in UNIVERSAL and name in UNIVERSAL:
        UNIVERSAL[alias] = UNIVERSAL[name]
UNIVERSAL_LABELS = {label for labels in UNIVERSAL.values() for label in labels}

# A label may not be asked for when one of the generators after it is in the text: its values may hold such things.
AVOID = {label: set(generators) for label, *generators in map(str.split, """\
城市 address full_address district short_address station hotel airport
省份 address full_address
地名 address full_address short_address road community station airport scenic country hotel highway
时间 duration year
日期 datetime timestamp year
职位 person
职务 person
地址 short_address road
颜色 product
品牌 vehicle
公司 brand
企业 brand
数量 count headcount integer
材质 product
""".splitlines())}
