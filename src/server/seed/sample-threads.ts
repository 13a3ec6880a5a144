/** Who speaks in a sample conversation: the customer, the AI, or an agent. */
export type Voice = 'c' | 'ai' | 's'

/** A conversation to tell again with other people in it. */
export interface SampleThread {
  readonly language: 'en' | 'fa'
  readonly tag: string
  readonly turns: readonly (readonly [Voice, string])[]
}

export const sampleThreads: readonly SampleThread[] = [
  { language: 'en', tag: 'Delivery', turns: [
    ['c', 'Hi! Where is my order? It was supposed to arrive yesterday.'],
    ['ai', 'I am sorry for the wait. Could you tell me the order number? It begins with SP.'],
    ['c', 'SP-20418'],
    ['ai', 'Thank you. The parcel left our warehouse on Monday and is with the courier in your city now.'],
    ['c', 'Great, will somebody call me before they come?'],
    ['s', 'Yes, the courier calls about half an hour before. Is the number in your account still right?'],
    ['c', 'It is. Thanks a lot 🙏'],
  ] },
  { language: 'en', tag: 'Refund', turns: [
    ['c', 'The lamp arrived with a broken shade. I would like my money back.'],
    ['ai', 'I am sorry about that. Would you send us a photo of the damage?'],
    ['c', 'https://photos.example/lamp-damage'],
    ['s', 'Thank you, that is clear. Refund or a new shade, whichever you prefer.'],
    ['c', 'A new shade is fine, the lamp itself is lovely.'],
    ['s', 'It goes out today. You can keep the broken one.'],
  ] },
  { language: 'en', tag: 'Sizes', turns: [
    ['c', 'Do the boots run small? I am between 41 and 42.'],
    ['ai', 'They run slightly small; most people between sizes are happy with the larger one.'],
    ['c', 'And if they do not fit?'],
    ['ai', 'You can exchange them within 30 days, the label is in the box.'],
  ] },
  { language: 'en', tag: 'Invoice', turns: [
    ['c', 'Could you put our VAT number on invoice 7731?'],
    ['s', 'Of course. What is the number?'],
    ['c', 'DE 123 456 789'],
    ['s', 'Done, the corrected invoice is in your inbox.'],
    ['c', 'Received. That was quick!'],
  ] },
  { language: 'en', tag: 'VIP', turns: [
    ['c', 'We need 40 gift boxes for a conference on the 12th. Is that possible?'],
    ['s', 'It is. May I send you an offer with three versions?'],
    ['c', 'Please do. Two of our guests are vegan.'],
    ['s', 'Noted: 38 with chocolate, 2 without milk.'],
    ['c', 'Can the ribbon have our colours?'],
    ['s', 'Yes, dark green and cream. I will send you a picture tomorrow.'],
    ['c', 'Perfect.'],
    ['s', 'The picture is on its way to you.'],
    ['c', 'Approved! When do you need the payment?'],
  ] },
  { language: 'en', tag: 'Login', turns: [
    ['c', 'I cannot log in, the code never arrives.'],
    ['ai', 'Please look into your spam folder. Codes are valid for ten minutes.'],
    ['c', 'Nothing there either.'],
    ['ai', 'I am handing you over to a colleague.'],
    ['s', 'Your mail provider had rejected our sender. I have sent a code by SMS instead.'],
    ['c', 'That worked.'],
  ] },
  { language: 'en', tag: 'Hours', turns: [
    ['c', 'Are you open on Friday?'],
    ['ai', 'Yes, from 9 to 14 o’clock.'],
  ] },
  { language: 'en', tag: 'Complaint', turns: [
    ['c', 'This is the third time the wrong colour arrives!!'],
    ['ai', 'I understand that this is annoying. Let me find a colleague.'],
    ['c', 'I have heard that before…'],
  ] },
  { language: 'en', tag: 'Newsletter', turns: [
    ['c', 'How do I get the 10% code from the newsletter?'],
    ['ai', 'It is sent with the first newsletter, usually within an hour of signing up.'],
    ['c', 'Found it, thanks'],
  ] },
  { language: 'fa', tag: 'ارسال', turns: [
    ['c', 'سلام، سفارش من کی می‌رسد؟'],
    ['ai', 'سلام! لطفاً شماره سفارش را بفرمایید.'],
    ['c', 'شماره ۱۲۳۴۵'],
    ['ai', 'سفارش شما امروز تحویل پست شده و تا دو روز دیگر می‌رسد.'],
    ['c', 'ممنونم از پیگیری شما 🌹'],
  ] },
  { language: 'fa', tag: 'بازگشت وجه', turns: [
    ['c', 'کالایی که رسید با عکس سایت فرق دارد.'],
    ['s', 'متأسفم. لطفاً یک عکس از کالا بفرستید.'],
    ['c', 'فرستادم. می‌خواهم پس بدهم.'],
    ['s', 'مشکلی نیست، فردا پیک برای تحویل گرفتن می‌آید.'],
    ['c', 'چه ساعتی؟'],
    ['s', 'بین ۱۰ تا ۱۳.'],
  ] },
  { language: 'fa', tag: 'قیمت', turns: [
    ['c', 'قیمت این مدل چند است؟'],
    ['ai', 'قیمت این مدل ۸۵۰٬۰۰۰ تومان است و ارسال آن رایگان است.'],
    ['c', 'تخفیف هم دارد؟'],
    ['ai', 'برای خرید اول ۱۰٪ تخفیف داریم.'],
  ] },
  { language: 'fa', tag: 'پرداخت', turns: [
    ['c', 'پول از حسابم کم شد ولی سفارش ثبت نشد.'],
    ['ai', 'نگران نباشید، مبلغ حداکثر تا ۷۲ ساعت برمی‌گردد.'],
    ['c', 'پنج روز گذشته است!'],
    ['s', 'حق با شماست. همین الان با بانک پیگیری می‌کنم.'],
    ['c', 'منتظرم.'],
    ['s', 'مبلغ برگشت داده شد. لطفاً بررسی کنید.'],
    ['c', 'رسید، خیلی ممنون.'],
  ] },
  { language: 'fa', tag: 'موجودی', turns: [
    ['c', 'رنگ آبی کی موجود می‌شود؟'],
    ['ai', 'هفته آینده. می‌خواهید به شما خبر بدهیم؟'],
    ['c', 'بله لطفاً'],
  ] },
  { language: 'fa', tag: 'گارانتی', turns: [
    ['c', 'گارانتی دستگاه چند ماه است؟'],
    ['ai', 'گارانتی این دستگاه ۱۸ ماه است.'],
    ['c', 'اگر خراب شد کجا ببرم؟'],
  ] },
]

export const sampleNames: Readonly<Record<SampleThread['language'], readonly (readonly [first: string, last: string, username: string])[]>> = {
  en: [
    ['Emma', 'Fischer', 'emmaf'], ['Liam', 'O’Connor', 'liam.oc'], ['Noah', 'Schmidt', 'noahs'], ['Olivia', 'Martin', 'liv_martin'],
    ['Ava', 'Rossi', 'avarossi'], ['Lucas', 'Nguyen', 'lucasn'], ['Mia', 'Andersson', 'mia.a'], ['Ethan', 'Walker', 'ethanw'],
    ['Sofia', 'García', 'sofi_g'], ['James', 'Kim', 'jkim'], ['Amelia', 'Novak', 'amelian'], ['Leo', 'Dubois', 'leodubois'],
    ['Isla', 'Murray', 'islam'], ['Oscar', 'Jensen', 'oscarj'], ['Grace', 'Okafor', 'graceo'], ['Hugo', 'Silva', 'hugos'],
    ['Zoë', 'van Dijk', 'zoevd'], ['Adam', 'Kowalski', 'adamk'], ['Chloe', 'Tremblay', 'chloet'], ['Ryan', 'Patel', 'rpatel'],
  ],
  fa: [
    ['سارا', 'محمدی', 'sara_m'], ['علی', 'رضایی', 'alirezaei'], ['مریم', 'حسینی', 'maryam.h'], ['رضا', 'کریمی', 'rezak'],
    ['نگار', 'احمدی', 'negar_a'], ['امیر', 'جعفری', 'amirj'], ['زهرا', 'موسوی', 'zahra.mo'], ['حسین', 'قاسمی', 'hosseingh'],
    ['الهام', 'صادقی', 'elham_s'], ['مهدی', 'نوری', 'mahdin'], ['شیرین', 'اکبری', 'shirin.a'], ['کاوه', 'زمانی', 'kavehz'],
    ['لیلا', 'شریفی', 'leila_sh'], ['پویا', 'مرادی', 'pooyam'], ['نازنین', 'عباسی', 'nazanin.ab'], ['آرش', 'کاظمی', 'arashk'],
    ['هستی', 'رحیمی', 'hasti_r'], ['بهرام', 'سلطانی', 'bahrams'], ['یاسمن', 'یوسفی', 'yasaman.y'], ['فرهاد', 'ملکی', 'farhadm'],
  ],
}
