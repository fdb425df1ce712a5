// What does an import of a text file give? Its text.
declare module '*.sql' {
  const text: string
  export default text
}
declare module '*.html' {
  const text: string
  export default text
}
declare module '*.yml' {
  const text: string
  export default text
}
