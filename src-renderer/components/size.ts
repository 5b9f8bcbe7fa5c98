/** Width and height of an element in CSS pixels, followed as it changes. */
import { onBeforeUnmount, onMounted, reactive, type Ref } from 'vue';

export function useSize(element: Ref<HTMLElement | null>): { width: number; height: number } {
  const size = reactive({ width: 0, height: 0 });
  const observer = new ResizeObserver(([entry]) => {
    size.width = Math.floor(entry!.contentRect.width);
    size.height = Math.floor(entry!.contentRect.height);
  });
  onMounted(() => element.value && observer.observe(element.value));
  onBeforeUnmount(() => observer.disconnect());
  return size;
}
