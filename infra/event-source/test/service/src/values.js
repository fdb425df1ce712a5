exports.values = event =>
  Object.values(event.records)
    .flat()
    .map(({ value }) => Buffer.from(value, 'base64').toString())
    .join()
