/** Problems and undo offers, told in one way. */
import { ElButton, ElMessage, ElNotification } from 'element-plus';
import { h } from 'vue';
import { LabProblem } from '../lab';

export function tellProblem(error: unknown): void {
  if (!(error instanceof LabProblem)) throw error;
  const { place, message, remedy } = error.problem;
  ElNotification({
    type: 'error',
    title: place,
    message: h('div', [h('p', message), remedy ? h('p', { class: 'muted' }, remedy) : null]),
    duration: 10_000,
    position: 'bottom-right',
    offset: 36,
  });
}

/** Runs a call; a refusal is told. Answers whether it went well. */
export async function attempt(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    tellProblem(error);
    return false;
  }
}

export const tellDone = (message: string): void => {
  ElMessage({ type: 'success', message, duration: 4000, placement: 'bottom', offset: 44, showClose: true });
};

export function offerUndo(message: string, undo: () => void): void {
  const toast = ElMessage({
    type: 'info',
    message: () =>
      h('span', { class: 'undo' }, [
        message,
        ' ',
        h(
          ElButton,
          {
            size: 'small',
            link: true,
            type: 'primary',
            onClick: () => {
              toast.close();
              undo();
            },
          },
          () => 'Undo',
        ),
      ]),
    duration: 10_000,
    placement: 'bottom',
    offset: 44,
    showClose: true,
  });
}
