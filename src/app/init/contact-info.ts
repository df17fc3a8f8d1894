// An e-mail address and a web page become a ContactInfo that programs can read (ContactInfo Information Sharing Specification,
// version 2). The `@` is written as `[]` there, against those who gather addresses. Anything else is left as it is.

const EMAIL = /^([^@\s]+)@([^@\s]+\.[^@\s]+)$/
const PAGE = /^https?:\/\/\S+$/

export function contactInfo(answer: string): string {
  const words = answer.trim().split(/\s+/)
  const email = words.map(word => EMAIL.exec(word)).find(found => found !== null)
  const page = words.find(word => PAGE.test(word))
  const understood = (email === undefined ? 0 : 1) + (page === undefined ? 0 : 1)
  if (understood !== words.length) return answer
  return [
    ...(email === undefined ? [] : [`email:${email[1]}[]${email[2]}`]),
    // The page shows the fingerprint at a place that is agreed on, which proves that it is the relay's.
    ...(page === undefined ? [] : [`url:${page}`, 'proof:uri-rsa']),
    'ciissversion:2'
  ].join(' ')
}
