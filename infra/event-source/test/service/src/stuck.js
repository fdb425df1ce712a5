// as a function that waits for a service which does not answer
exports.handler = async () => {
  console.log('is stuck')
  await new Promise(() => setInterval(() => {}, 1000))
}
