// What happens to tasks. The aggregate is the task.
export {}
